"""The Python beside the dbt project: landing, demo business, build summary. One module, one duty."""
