"""Why a file cannot be used, in words for the person who brought it."""


class MediaError(Exception):
    """A file that cannot be read, or not as asked. `code` stays the same for scripts; the text is one sentence."""

    def __init__(self, code: str, sentence: str):
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class FrameOutOfRange(MediaError):
    def __init__(self, frame: int, frame_count: int):
        super().__init__("frame_out_of_range", f"There is no frame {frame}; the last one is {frame_count - 1}.")
