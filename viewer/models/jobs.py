"""Work that outlasts a request: leased rows. Whoever holds the token may write; a holder that dies is replaced."""

from django.db import models


class Job(models.Model):
    QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"

    kind = models.CharField(max_length=48)
    key = models.CharField(max_length=200)  # what it works on; one unfinished job a kind and key
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=16, default=QUEUED)
    priority = models.IntegerField(default=0)
    attempt = models.IntegerField(default=0)
    token = models.CharField(max_length=32, blank=True, default="")  # the fence: every write of a holder names it
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    progress = models.FloatField(default=0)  # 0 to 1
    seconds_left = models.FloatField(null=True)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_unfinished_job_a_key",
            )
        ]
        indexes = [models.Index(fields=["state", "-priority", "id"])]
