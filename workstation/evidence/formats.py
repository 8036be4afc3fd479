"""Which containers are read: those that hold a recording in themselves.

FFmpeg also knows formats that are lists of other files or addresses (HLS, DASH, concat, SDP,
numbered pictures). It recognises them by what is in them, whatever they are called, and then opens
what they name. An exhibit is one file, and nothing but that file is ever read for it.
"""

_RECORDINGS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,m4v,h261,h263,h264,hevc,vvc,evc,"
    "av1,obu,ivf,vc1,vc1test,flv,live_flv,kux,asf,asf_o,ogg,mxf,gxf,dv,nut,rm,swf,wtv,nsv,nuv,ty,pva,"
    "yuv4mpegpipe,mjpeg,mjpeg_2000,mpjpeg,smjpeg,dirac,dnxhd,cavsvideo,avs2,avs3,cine,mlv,r3d,ser,"
    "filmstrip,rpl,roq,film_cpk,smk,bink"
)
_SURVEILLANCE = "dhav,hxvs,ifv,imkh,lmlm4,luodat,mods,moflex,kgv1,v210,v210x,avr,ivr,mvi,mv,xmv,pmp"
_PICTURES = (
    "jpeg_pipe,png_pipe,gif,apng,webp_pipe,bmp_pipe,tiff_pipe,jpegls_pipe,j2k_pipe,jpegxl_pipe,"
    "jpegxl_anim,jpegxs_pipe,ppm_pipe,pgm_pipe,pam_pipe,dpx_pipe,exr_pipe,qoi_pipe"
)
_SOUND = "wav,w64,mp3,aac,flac,aiff,amr,amrnb,amrwb,caf,ac3,eac3,au,dts,truehd,ape,wv,tta,mpc,mpc8"

CONTAINER_OPTIONS = {
    "format_whitelist": ",".join((_RECORDINGS, _SURVEILLANCE, _PICTURES, _SOUND)),
    "protocol_whitelist": "file",
}
"""FFmpeg's options for opening an exhibit (libavformat, `avformat_open_input`)."""
