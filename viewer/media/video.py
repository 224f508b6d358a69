"""What can be done with a video file: scan its packets, verify by decoding, render one frame.

All of it opens untrusted files: outside of tests it runs in the child process of `viewer.media.sandbox` only.
"""

from viewer.media.container import Limits
from viewer.media.render import Picture, picture, thumbnail
from viewer.media.scan import Scan, scan
from viewer.media.verify import Progress, Verified, verify

__all__ = ["Limits", "Picture", "Progress", "Scan", "Verified", "picture", "scan", "thumbnail", "verify"]
