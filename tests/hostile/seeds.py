"""Valid files, small, one of each container and codec, from which hostile ones are made."""

from pathlib import Path

import cv2
import numpy as np

from tests.sounds import make_sounding
from tests.videos import draw_code, make_sound, make_video

SIZE = (96, 64)
OTHER_SIZE = (160, 120)
FRAMES = 18
_VIDEOS = {
    "plain.mp4": {"audio": True},
    "fragments.mp4": {
        "container_options": {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    },
    "turned.mp4": {"rotation": 90, "times_ms": [40 * n + 13 * (n % 3) for n in range(FRAMES)]},
    "hevc.mp4": {"codec": "libx265", "options": {"x265-params": "log-level=none"}},
    "pictures.mov": {"codec": "mjpeg", "pixel_format": "yuvj420p", "b_frames": 0},
    "plain.mkv": {},
    "checked.mkv": {"codec": "ffv1", "b_frames": 0, "options": {"level": "3", "slicecrc": "1"}},
    "plain.webm": {"codec": "libvpx", "b_frames": 0, "options": {"deadline": "realtime"}},
    "nine.webm": {
        "codec": "libvpx-vp9",
        "b_frames": 0,
        "options": {"deadline": "realtime", "cpu-used": "8"},
    },
    "plain.avi": {"codec": "mpeg4", "b_frames": 0},
    "plain.ts": {},
    "old.ts": {"codec": "mpeg2video"},
    "plain.mpg": {"codec": "mpeg1video"},
    "plain.flv": {"b_frames": 0},
    "plain.wmv": {"codec": "wmv2", "b_frames": 0},
    "stream.h264": {},
    "plain.gif": {"codec": "gif", "pixel_format": "rgb8", "b_frames": 0},
}


def make_seeds(folder: Path) -> dict[str, bytes]:
    """The valid files by name; the folder holds them, too."""
    for name, how in _VIDEOS.items():
        make_video(folder / name, frames=FRAMES, size=SIZE, group=6, **how)  # type: ignore[arg-type]
    make_video(folder / "other.ts", frames=FRAMES, size=OTHER_SIZE, group=6)
    make_video(folder / "other.h264", frames=FRAMES, size=OTHER_SIZE, group=6)
    tone = np.sin(np.arange(24000) / 20).astype(np.float32)
    make_sounding(folder / "sounding.mp4", frames=FRAMES, sound=tone, codec="aac")
    make_sound(folder / "sound.wav")
    shown = np.ascontiguousarray(draw_code(77, *SIZE)[:, :, ::-1])
    for name in ("still.jpg", "still.png"):
        cv2.imwrite(str(folder / name), shown)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
