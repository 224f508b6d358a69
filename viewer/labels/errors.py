"""Why a label cannot be taken, in words for whoever sent it."""


class LabelError(Exception):
    """A label that breaks a rule of docs/labels.md. `code` stays the same for scripts."""

    def __init__(self, sentence: str, code: str = "invalid_label"):
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
