"""What pages are told. Rows, so that any process can speak and a page that was away can catch up."""

from django.db import models


class Event(models.Model):
    """`topic` is `dataset:<id>`, `data_unit:<id>`, `label_row:<id>` or `user:<id>`; a page may hear what it may see."""

    topic = models.CharField(max_length=64)
    type = models.CharField(max_length=48)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["topic", "id"])]
