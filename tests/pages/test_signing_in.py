"""Signing in and out, one's account, and the pages' headers."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests.builders import make_dataset, make_user
from viewer.actions.signin_link import make_signin_link
from viewer.models import Dataset, SigninAttempt, SigninToken, User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def ann() -> User:
    user = make_user("ann")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client, password=PASSWORD, username="ann", **more):
    return client.post("/signin/", {"username": username, "password": password, **more})


def test_a_password_signs_in_with_a_new_session(client, ann):
    session = client.session
    session["before"] = 1
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    response = sign_in(client)
    assert response["Location"] == "/"
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != session.session_key
    assert client.get("/account/").status_code == 200


def test_a_wrong_password_and_an_unknown_name_are_refused_with_the_same_words(client, ann):
    wrong, unknown = sign_in(client, "no"), sign_in(client, "no", username="nobody")
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.context["error"] == unknown.context["error"]
    assert client.get("/account/").status_code == 302


def test_a_deactivated_person_does_not_get_in(client, ann):
    User.objects.update(is_active=False)
    assert sign_in(client).status_code == 400


def test_guessing_is_slowed_down_and_the_wait_is_said(client, ann, settings):
    settings.SIGNIN_ATTEMPTS = 3
    assert [sign_in(client, f"guess {n}").status_code for n in range(4)] == [400, 400, 400, 429]
    last = sign_in(client)  # not even the right one is looked at now
    assert last.status_code == 429
    assert 0 < int(last["Retry-After"]) <= 300
    assert "Try again in" in last.context["error"]
    assert sign_in(client, username="ANN").status_code == 429, "another spelling is the same account"


def test_guesses_at_one_account_do_not_lock_out_another_or_another_address(client, ann, settings):
    settings.SIGNIN_ATTEMPTS = 2
    other = make_user("bob")
    other.set_password(PASSWORD)
    other.save()
    for _ in range(3):
        sign_in(client, "no")
    assert sign_in(client, username="bob").status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere).status_code == 302


def test_walking_through_names_from_one_address_is_slowed_down_too(client, settings):
    settings.SIGNIN_ATTEMPTS = 1
    statuses = [sign_in(client, "no", username=f"user{n}").status_code for n in range(12)]
    assert statuses[:10] == [400] * 10 and statuses[10:] == [429, 429]


def test_one_account_guessed_at_from_many_addresses_is_slowed_down_too(ann, settings):
    settings.SIGNIN_ATTEMPTS = 1
    statuses = [sign_in(Client(REMOTE_ADDR=f"192.0.2.{n}"), "no").status_code for n in range(12)]
    assert statuses[:10] == [400] * 10 and statuses[10:] == [429, 429]


def test_after_five_minutes_one_may_try_again(client, ann, settings):
    settings.SIGNIN_ATTEMPTS = 2
    for _ in range(3):
        sign_in(client, "no")
    SigninAttempt.objects.update(created_at=timezone.now() - timedelta(minutes=5, seconds=1))
    assert sign_in(client).status_code == 302


def test_signing_in_forgets_the_typing_errors_before_it(client, ann, settings):
    settings.SIGNIN_ATTEMPTS = 3
    for _ in range(2):
        sign_in(client, "no")
    assert sign_in(client).status_code == 302
    client.post("/signout/")
    assert [sign_in(client, "no").status_code for _ in range(3)] == [400, 400, 400]


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/datasets/3/?q=x", "/datasets/3/?q=x"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http:evil.example", "/"),
        (" //evil.example", "/"),
        ("/signout/", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_one_goes_back_to_a_page_of_ours_only(client, ann, target, goes_to):
    assert sign_in(client, next=target)["Location"] == goes_to


def test_a_page_leads_back_to_itself_through_signing_in(client, ann):
    response = client.get("/datasets/5/?q=a+b")
    assert parse_qs(urlsplit(response["Location"]).query)["next"] == ["/datasets/5/?q=a+b"]


def test_a_link_works_once_and_replaces_whoever_was_signed_in(client, ann):
    client.force_login(make_user("bob"))
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    path = make_signin_link(ann)
    assert client.get(path)["Location"] == "/"
    assert client.get("/account/").context["user"] == ann
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before
    used = Client().get(path)
    assert used.status_code == 410
    assert "manage.py signin USER" in used.content.decode()


def test_looking_at_a_link_does_not_use_it_up(client, ann):
    path = make_signin_link(ann)
    assert client.head(path).status_code == 200
    assert client.get(path).status_code == 302


def test_an_expired_link_and_one_of_a_deactivated_person_do_not_work(client, ann):
    path = make_signin_link(ann)
    SigninToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(path).status_code == 410
    path = make_signin_link(ann)
    User.objects.update(is_active=False)
    assert client.get(path).status_code == 410


def test_only_the_hash_of_a_link_is_stored(ann):
    token = make_signin_link(ann).split("/")[2]
    assert SigninToken.objects.get().sha256 == hashlib.sha256(token.encode()).hexdigest()


def test_signing_out_ends_the_session_on_the_server(client, ann):
    sign_in(client)
    stolen = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.get("/signout/").status_code == 405
    client.post("/signout/")
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert thief.get("/account/").status_code == 302


def test_a_password_is_changed_with_the_old_one_and_ends_other_sessions(client, ann):
    sign_in(client)
    elsewhere = Client()
    sign_in(elsewhere)
    change = {"action": "password", "current": "wrong", "password": "another long secret"}
    assert client.post("/account/", change).status_code == 400
    assert client.post("/account/", {**change, "current": PASSWORD}).status_code == 302
    assert client.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert sign_in(Client(), "another long secret").status_code == 302


def test_who_came_by_a_link_sets_a_password_without_the_old_one_and_only_then(client, ann):
    client.get(make_signin_link(ann))
    change = {"action": "password", "password": "another long secret"}
    assert client.post("/account/", change).status_code == 302
    assert client.post("/account/", {**change, "password": "yet another one"}).status_code == 400


@pytest.mark.parametrize("weak", ["", "short", "password123"])
def test_a_weak_password_is_refused(client, ann, weak):
    client.get(make_signin_link(ann))
    assert client.post("/account/", {"action": "password", "password": weak}).status_code == 400


def test_an_api_key_is_shown_once_and_can_be_revoked(client, ann):
    client.force_login(ann)
    page = client.post("/account/", {"action": "make_key"})
    key = page.context["api_key"]
    assert key in page.content.decode()
    assert key not in client.get("/account/").content.decode()
    assert Client().get("/api/datasets/", headers={"authorization": f"Token {key}"}).status_code == 200
    client.post("/account/", {"action": "revoke_key"})
    assert Client().get("/api/datasets/", headers={"authorization": f"Token {key}"}).status_code == 401


def test_admins_make_people_and_are_shown_the_link_once(client):
    client.force_login(make_user("root", is_staff=True))
    page = client.post("/users/", {"action": "create", "username": "new", "is_admin": "on"})
    assert page.status_code == 200 and page.context["link"].startswith("http://testserver/signin/")
    assert User.objects.get(username="new").is_admin
    assert "/signin/" not in client.get("/users/").content.decode().replace('action="/signin/"', "")
    new = User.objects.get(username="new")
    for action, field, value in [
        ("unmake_admin", "is_staff", False),
        ("make_admin", "is_staff", True),
        ("deactivate", "is_active", False),
        ("activate", "is_active", True),
    ]:
        assert client.post("/users/", {"action": action, "user": new.pk}).status_code == 302
        new.refresh_from_db()
        assert getattr(new, field) is value
    assert client.post("/users/", {"action": "create", "username": "NEW"}).status_code == 409
    for nobody in ("", "x", "999"):
        assert client.post("/users/", {"action": "deactivate", "user": nobody}).status_code == 404


def test_an_admin_makes_a_dataset_on_the_first_page(client):
    client.force_login(make_user("root", is_staff=True))
    assert "No datasets yet" in client.get("/").content.decode()
    made = client.post("/", {"title": "Street"})
    assert made["Location"] == f"/datasets/{Dataset.objects.get().pk}/"
    again = client.post("/", {"title": "Street"})
    assert again.status_code == 409 and "already" in again.content.decode()


PAGES = ["/", "/signin/", "/signin/x/", "/account/", "/users/", "/help/", "/help/keys/", "/help/exact-frames/",
         "/help/browsers/", "/api/docs/", "/nothing/"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_what_it_does_not_need(client, path):
    client.force_login(make_user("root", is_staff=True))
    response = client.get(path)
    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert policy["style-src"] == policy["worker-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://testserver"
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Referrer-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_holds_no_inline_script_or_style_but_the_import_map(client, path):
    client.force_login(make_user("root", is_staff=True))
    response = client.get(path)
    text = response.content.decode() if response.content else ""
    scripts = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>(.*?)</script>", text, flags=re.S)
    for attributes, content in scripts:
        assert attributes.strip() == 'type="importmap"'
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in response["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=", text)


def test_hostile_names_are_text_on_the_pages(client):
    root = make_user("root", is_staff=True)
    client.force_login(root)
    dataset = make_dataset("<img src=x onerror=alert(1)>\"'")
    for path in ("/", f"/datasets/{dataset.pk}/"):
        text = client.get(path).content.decode()
        assert "<img src=x" not in text and "&lt;img src=x" in text


def test_a_form_from_before_signing_in_is_answered_with_what_to_do(ann):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/signin/", {"username": "ann", "password": PASSWORD})
    assert response.status_code == 403
    assert "out of date" in response.content.decode()


def test_an_unforeseen_error_on_a_page_shows_a_reference(client, monkeypatch, caplog):
    client.force_login(make_user())
    client.raise_request_exception = False
    monkeypatch.setattr("viewer.pages.datasets.describe_datasets", lambda *args: 1 / 0)
    response = client.get("/")
    assert response.status_code == 500
    reference = re.search(r"<code>(\w{8})</code>", response.content.decode())
    assert reference and any(reference[1] in record.getMessage() for record in caplog.records)


def test_sign_in_links_and_passwords_are_not_logged(client, ann, caplog):
    path = make_signin_link(ann)
    client.get(path)
    client.get(path)
    sign_in(client, "a very secret guess")
    assert path.split("/")[2] not in caplog.text
    assert "a very secret guess" not in caplog.text
