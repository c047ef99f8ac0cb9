"""Connectors: the tables of a billing system become a landing folder, from which a build goes on as from any other.

`definition` reads connectors/<system>/connector.yml, `source` finds and reads the system's tables, `running` runs the
connector's SQL and writes the landing folder, `command` is what build and doctor share. docs/connectors.md says how to
write one.
"""

from warehouse.connectors.command import add_options, command_for, land_source
from warehouse.connectors.definition import ConnectorError

__all__ = ["ConnectorError", "add_options", "command_for", "land_source"]
