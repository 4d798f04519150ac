"""Lines as vLLM prints them, each behind the name of the process that would have printed it."""

import logging
import sys

_FORMAT = "(%(name)s pid=%(process)d) %(levelname)s %(asctime)s [%(filename)s:%(lineno)d] %(message)s"

_handler = logging.StreamHandler(sys.stdout)
_handler.setFormatter(logging.Formatter(_FORMAT, "%m-%d %H:%M:%S"))


def _logger(name: str) -> logging.Logger:
    logger = logging.getLogger(name)
    logger.addHandler(_handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logger


api_server = _logger("APIServer")
engine_core = _logger("EngineCore")
worker = _logger("Worker")
