"""`make superset`: a real Apache Superset on this machine, with the dashboards of the published marts.

    tables of its own -> administrator -> dashboards (anew at each start) -> server, until Ctrl-C

It is reached from this machine only. What people add to it (users, dashboards of theirs) is kept in SUPERSET_HOME.

Usage: python serve.py [prepare]     (prepare: all but the server)
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import secrets
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
ADMINISTRATOR = "admin"
LOOPBACK = "127.0.0.1"
DEFAULT_PORT = "8088"


def private_file(path: Path, text: str) -> None:
    """Write a file that only its owner reads, if it is not there."""
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)


def settle() -> tuple[Path, str]:
    """Check the settings and make the folder. Returns the published file and the port; ends the program in words."""
    published = (PROJECT / (os.environ.get("PUBLISHED_PATH") or "published/marts.duckdb")).absolute()
    port = os.environ.get("SUPERSET_PORT") or DEFAULT_PORT
    if not published.is_file():
        sys.exit(f"{published} is not there: make build publishes it, PUBLISHED_PATH names it.")
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        sys.exit(f"SUPERSET_PORT is {port!r}: use a number from 1 to 65535, such as {DEFAULT_PORT}.")
    home = (PROJECT / (os.environ.get("SUPERSET_HOME") or "superset_home")).absolute()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    private_file(home / "secret_key", secrets.token_urlsafe(48))
    os.environ |= {
        "SUPERSET_HOME": str(home),
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
        "FLASK_APP": "superset.app:create_app()",
        "SCARF_ANALYTICS": "false",
    }
    return published, port


def prepare(published: Path) -> None:
    """Bring Superset's own tables up to date, make the administrator, import the dashboards."""
    import flask
    from bundle import bundle
    from flask_migrate import upgrade
    from superset.app import create_app

    app = create_app()
    logging.disable(logging.WARNING)  # hundreds of lines about rights and migrations
    with app.app_context():
        import superset
        from superset.extensions import appbuilder, security_manager

        with contextlib.redirect_stdout(io.StringIO()):  # what each migration found to do
            upgrade(directory=str(Path(superset.__file__).parent / "migrations"))
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        flask.g.user = _administrator(security_manager)
        _import(bundle(published))


def _administrator(security_manager: object) -> object:
    password, user = os.environ.get("SUPERSET_ADMIN_PASSWORD"), security_manager.find_user(ADMINISTRATOR)
    if user:
        if password:
            security_manager.reset_password(user.id, password)
        return user
    if not password:
        password = secrets.token_urlsafe(16)
        print(f"The password of {ADMINISTRATOR} is {password} (shown this once; SUPERSET_ADMIN_PASSWORD sets another)")
    role = security_manager.find_role("Admin")
    return security_manager.add_user(ADMINISTRATOR, "Admin", "Admin", "admin@localhost", role, password)


def _import(files: dict[str, str]) -> None:
    from superset.commands.exceptions import CommandInvalidError
    from superset.commands.importers.v1.assets import ImportAssetsCommand

    try:
        ImportAssetsCommand(files).run()
    except CommandInvalidError as error:
        sys.exit(f"Superset does not take the dashboards: {error} {error.normalized_messages()}")


def serve(port: str) -> None:
    """Become the server, until it is stopped."""
    print(f"http://{LOOPBACK}:{port}/superset/dashboard/overview/ (user {ADMINISTRATOR}); Ctrl-C ends it", flush=True)
    gunicorn = Path(sys.executable).with_name("gunicorn")
    options = [
        "--workers",
        "1",
        "--threads",
        "8",
        "--worker-class",
        "gthread",
        "--timeout",
        "120",
        "--no-control-socket",
    ]
    os.execv(gunicorn, [str(gunicorn), "--bind", f"{LOOPBACK}:{port}", *options, "superset.app:create_app()"])


def main(arguments: list[str]) -> None:
    """Prepare Superset, and serve it unless told to prepare only."""
    published, port = settle()
    print("Preparing Superset (a minute or two) ...", flush=True)
    prepare(published)
    if arguments != ["prepare"]:
        serve(port)


if __name__ == "__main__":
    main(sys.argv[1:])
