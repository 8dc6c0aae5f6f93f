"""Puts an API server at a distance: a TCP relay that hands every byte on half a round trip later, in both directions.

Usage: distance_proxy.py <round trip in milliseconds> <port to listen on> <port of the API server>. It runs until it is ended.
"""

import asyncio
import sys

CHUNK = 65536


async def relay(reader, writer, delay):
    """Hand on what comes, in its order, `delay` seconds later."""
    loop = asyncio.get_running_loop()
    while data := await reader.read(CHUNK):
        loop.call_later(delay, writer.write, data)
    loop.call_later(delay, writer.close)


async def main(round_trip, port, server_port):
    delay = round_trip / 2000

    async def serve(reader, writer):
        # The handshake of TCP takes a round trip as well.
        await asyncio.sleep(2 * delay)
        there, back = await asyncio.open_connection("127.0.0.1", server_port)
        await asyncio.gather(relay(reader, back, delay), relay(there, writer, delay))

    async with await asyncio.start_server(serve, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), *map(int, sys.argv[2:])))
