import asyncio
import threading
import unittest

from support import SCENE, agent, async_agent

TO = SCENE["recipients"]["evm"]


def pay():
    with agent() as client:
        return client.send(to=TO, amount="0.0001", network="local-evm").id


class Events(unittest.IsolatedAsyncioTestCase):
    def test_tells_what_happens_and_goes_on_behind_an_event(self):
        with agent() as client:
            after = client.list_events().last_event_id
        first, second = pay(), pay()
        with agent() as client:
            heard = []
            for event in client.events(after):
                heard.append(event)
                if event.transaction_id == second and event.event == "TX_CONFIRMED":
                    break
        self.assertEqual(len({event.id for event in heard}), len(heard))
        self.assertIn((first, "TX_CONFIRMED"), [(event.transaction_id, event.event) for event in heard])
        behind = next(index for index, event in enumerate(heard) if event.transaction_id == second)
        with agent() as client:
            again = next(client.events(heard[behind - 1].id))
        self.assertEqual(again.id, heard[behind].id)

    async def test_tells_what_happens_while_it_is_awaited(self):
        async with async_agent() as client:
            after = (await client.list_events()).last_event_id
            paying = threading.Thread(target=pay)
            paying.start()
            async with asyncio.timeout(30):
                async for event in client.events(after):
                    if event.event == "TX_CONFIRMED":
                        break
            self.assertEqual(event.status, "CONFIRMED")
            await asyncio.to_thread(paying.join)
