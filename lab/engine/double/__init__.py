"""A double of vLLM 0.32.0: what a client, a kubelet and an operator see of it, without a model."""

VERSION = "0.32.0"
