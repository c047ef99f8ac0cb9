"""What an assistant, a language model that can call tools, may ask the published file: a server of its protocol, MCP.

A question gets a mart's number with its definition, period and interval, or a refusal that says why. Nothing can be
written, no other file read, no setting changed, and no single customer is shown. docs/assistant.md
"""
