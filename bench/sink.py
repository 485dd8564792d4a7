"""A mail server that takes everything and keeps nothing, fast enough to be no bottleneck.

``python -m bench.sink`` prints its port and runs until its standard input ends; then it prints how many
messages it took.
"""

import asyncio
import sys

_END = b"\r\n.\r\n"


class Sink(asyncio.Protocol):
    """One connection."""

    taken = 0
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer, self.in_data = transport, bytearray(), False
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        seen = max(len(self.buffer) - len(_END), 0)
        self.buffer += data
        answers = []
        while self.buffer:
            if self.in_data:
                end = self.buffer.find(_END, seen)
                if end < 0:
                    break
                del self.buffer[: end + len(_END)]
                self.in_data, seen = False, 0
                Sink.taken += 1
                answers.append(b"250 2.0.0 taken\r\n")
                continue
            end = self.buffer.find(b"\r\n")
            if end < 0:
                break
            verb = bytes(self.buffer[:4]).upper()
            del self.buffer[: end + 2]
            answers.append(self.answer(verb))
            # What follows may be the message's first line, or its end at once.
            seen = 0
        if answers:
            self.transport.write(b"".join(answers))

    def answer(self, verb: bytes) -> bytes:
        if verb == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n"
        if verb == b"DATA":
            self.in_data = True
            return b"354 go on\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 2.0.0 fine\r\n"


async def main() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, ended.set)
    await ended.wait()
    server.close()
    print(Sink.taken, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
