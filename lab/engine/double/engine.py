"""The engine: so many requests at a time, a token at a fixed pace to each; the rest waits in order."""

import asyncio
from collections.abc import AsyncGenerator


class Engine:
    def __init__(self, slots: int, token_seconds: float) -> None:
        self.running = 0
        self.waiting = 0
        self._slots = asyncio.Semaphore(slots)
        self._token_seconds = token_seconds
        self._idle = asyncio.Event()
        self._idle.set()
        self._refuses = False
        self._killed = False

    def admit(self) -> None:
        """Refuses a request as vLLM does once it has been told to end: by an error that nothing handles."""
        if self._refuses:
            raise RuntimeError("cannot schedule new futures after shutdown")

    async def tokens(self, count: int) -> AsyncGenerator[int, None]:
        """Yields the number of each token, from 1. None comes any more once the engine is killed."""
        self._idle.clear()
        try:
            await self._slot()
            try:
                for number in range(1, count + 1):
                    await asyncio.sleep(self._token_seconds)
                    if self._killed:
                        await asyncio.Event().wait()
                    yield number
            finally:
                self.running -= 1
                self._slots.release()
        finally:
            if self.running + self.waiting == 0:
                self._idle.set()

    async def _slot(self) -> None:
        self.waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self.waiting -= 1
        self.running += 1

    def refuse(self) -> None:
        self._refuses = True

    async def drain(self, timeout: float) -> bool:
        """Lets what was admitted finish. False: the time was over, it is killed, and its requests hang."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout)
        except TimeoutError:
            self._killed = True
        return not self._killed
