"""What each number in the inspector is, and what it is not; one sentence each."""

from workstation.cases.records import Finding, Verification

SCORE = (
    "The detector's output for one face in one frame, 0 to 1, higher meaning more like the "
    "manipulated material it was trained on; not a probability that the face was manipulated."
)

STATISTICS = {
    "log10_lr": (
        "likelihood ratio",
        "How many times more often a mean score like that of the track named in the finding arises "
        "with manipulation of the kinds covered than without, as far as the calibration recordings "
        "show; 1/4 means four times less often. What it rests on and how far it reaches stands "
        "with the finding. It is not the odds that the face was manipulated.",
    ),
    "mean": (
        "mean score",
        "Mean of the scores that count in the exhibit, over every face; findings rest on the mean "
        "of each track, and neither is a probability.",
    ),
    "peak": (
        "peak score",
        "Highest score of any one face in any one frame; single frames can score high by chance, "
        "so it decides nothing by itself.",
    ),
    "share_above": (
        "scores above threshold",
        "Share of the scores that lie above the upper threshold; not the share of the recording "
        "that was manipulated.",
    ),
    "scored": (
        "faces scored",
        "Faces large and sharp enough to score, counted anew in every frame; the finding says "
        "nothing about any other.",
    ),
    "counted": (
        "of these, faces that count",
        "Scored faces like those the detector was trained on. A face turned away, smaller or more "
        "blurred than in training keeps its score, but no finding rests on it.",
    ),
    "faces": (
        "frames with a face",
        "Frames in which a face was found, scored or not; faces that were not found are not in it.",
    ),
    "tracks": (
        "face tracks",
        "Faces followed over time; one person can have several tracks, so it is not a number of "
        "persons.",
    ),
    "undecodable": (
        "frames not decoded",
        "Frames that are damaged in the exhibit and could not be shown or scored; they say nothing "
        "either way.",
    ),
}

FINDINGS = {
    Finding.SUPPORTS: (
        "The scores lie above the detector's thresholds. This does not establish that the "
        "recording was manipulated; unmanipulated recordings can receive such scores."
    ),
    Finding.INCONCLUSIVE: (
        "The detector separates neither way. The finding supports neither side, to whichever a "
        "likelihood ratio beside it leans."
    ),
    Finding.DOES_NOT_SUPPORT: (
        "The scores lie below the detector's thresholds. This does not establish that the "
        "recording is authentic."
    ),
}

ALTERED = {
    Verification.ALTERED: (
        "The file was altered since it was taken in. The finding applies to the file as it was "
        "then; what the player shows now may differ."
    ),
    Verification.MISSING: (
        "The file is missing from the case folder. The finding applies to the file as it was "
        "taken in."
    ),
}

NOTHING_SCORED = (
    "Without a score nothing points either way; this is no sign of authenticity and none of "
    "manipulation."
)

SEGMENT = (
    "A stretch of one face track whose scores stay above the threshold; where it begins and ends "
    "is an estimate, not the place of a cut."
)

NOT_CALIBRATED = (
    "The card holds no calibration, so scores cannot be turned into likelihood ratios; only the "
    "thresholds decide."
)
CALIBRATED = "How far likelihood ratios reach with so few recordings."
NO_RANGES = "The card does not state what the training's faces were like; none was compared."
RANGES = (
    "Ranges of the faces the detector was trained on; a face outside one of them keeps its score, "
    "but no finding rests on it."
)
WEIGHTS = "SHA-256 of the weights that scored; it identifies the detector, not its quality."
THRESHOLDS = (
    "Mean scores between these two are inconclusive; they were chosen on the detector's own "
    "validation data and may not fit other material."
)
MEASURED = (
    "AUC is how often a manipulated recording of that material scored above an authentic one; 0.5 "
    "is chance. It says how the detector did there, not how sure this finding is."
)
NOT_MEASURED = "The card states no measured figures; how often this detector errs is not known."
HASH = "Taken while the file was copied in; equal hashes mean an equal file, not a genuine one."
