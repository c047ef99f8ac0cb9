"""What this Superset does otherwise than by default. serve.py sets the environment that is read here."""

import copy
import os
from pathlib import Path

from superset.config import TALISMAN_CONFIG as DEFAULT

HOME = Path(os.environ["SUPERSET_HOME"])
SECRET_KEY = (HOME / "secret_key").read_text(encoding="ascii")
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"
LOG_LEVEL = "WARNING"

# The pages ask for a pixel of another host, whatever they are told: the browser is not to load anything from elsewhere.
TALISMAN_CONFIG = copy.deepcopy(DEFAULT)
for kind in ("img-src", "connect-src", "style-src", "font-src"):
    allowed = TALISMAN_CONFIG["content_security_policy"][kind]
    TALISMAN_CONFIG["content_security_policy"][kind] = [
        source for source in allowed if source in ("'self'", "'unsafe-inline'", "blob:", "data:")
    ]
