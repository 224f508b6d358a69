"""What can be done with a video file: scan its packets, verify by decoding, render one frame.

All of it opens untrusted files: outside of tests it runs in the child process of `viewer.media.sandbox` only.
"""

from viewer.media.render import picture, thumbnail, warm_up
from viewer.media.results import Limits, Picture, Progress, Scan, Verified
from viewer.media.scan import scan
from viewer.media.verify import verify

__all__ = ["Limits", "Picture", "Progress", "Scan", "Verified", "picture", "scan", "thumbnail", "verify", "warm_up"]
