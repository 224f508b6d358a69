"""The errors a user sees: a code that stays, and one sentence that says what happened and what to do."""


class ViewerError(Exception):
    """A request that cannot be carried out. `api.errors` turns it into `{"code", "detail"}`."""

    code = "error"
    status = 400

    def __init__(self, detail: str, *, code: str | None = None, status: int | None = None, **extra: object):
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.extra = extra  # further facts for a script, merged into the answer


class NotAllowed(ViewerError):
    code = "not_allowed"
    status = 403


class NotFound(ViewerError):
    code = "not_found"
    status = 404
