import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttp } from './http.ts';
import { createNames, parseHosts } from './names.ts';

/* A name server on loopback: every name is at 127.0.0.1 and has no IPv6 address; some have no server that answers. */
let server: Socket;
let address: string;
let web: Server;
let port: number;

beforeAll(async () => {
  server = createSocket('udp4').on('message', (query, from) => {
    const name = nameIn(query);
    const type = query.readUInt16BE(12 + name.length + 2);
    if (name.endsWith('slow.example') || (name.startsWith('half') && type === 28)) return;
    server.send(answerTo(query, name.length + 2 + 4, type === 1 && !name.startsWith('none')), from.port, from.address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  address = `127.0.0.1:${server.address().port}`;
  web = createServer((_request, response) => response.end('here')).listen(0, '127.0.0.1');
  await once(web, 'listening');
  port = (web.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  web.close();
});

function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; query[at] !== 0; at += query[at]! + 1)
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
  return labels.join('.');
}

/** https://www.rfc-editor.org/rfc/rfc1035#section-4: the question again, and one address or none. */
function answerTo(query: Buffer, question: number, found: boolean): Buffer {
  const head = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, found ? 1 : 0, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([head, query.subarray(12, 12 + question), ...(found ? [record] : [])]);
}

describe('names', () => {
  const names = (name: string) => createNames([address])(name);

  it('are asked of the name server', async () => {
    expect(await names('Good.example.')).toEqual([{ address: '127.0.0.1', family: 4 }]);
    await expect(names('none.example')).rejects.toThrow(/no address/);
  });

  it('are had without an answer for the other kind of address', async () => {
    const started = performance.now();
    expect(await names('half.example')).toEqual([{ address: '127.0.0.1', family: 4 }]);
    expect(performance.now() - started).toBeLessThan(900);
  });

  it('of the hosts file come first', async () => {
    expect(await names('localhost')).toContainEqual({ address: '127.0.0.1', family: 4 });
    expect(parseHosts('10.0.0.1\tOne one.alias # two\n# 10.0.0.2 three\n::1 one\nnonsense four\n')).toEqual(
      new Map([
        [
          'one',
          [
            { address: '10.0.0.1', family: 4 },
            { address: '::1', family: 6 },
          ],
        ],
        ['one.alias', [{ address: '10.0.0.1', family: 4 }]],
      ]),
    );
  });

  it('whose servers are silent hold up no other name, on this client or another', async () => {
    const [strangers, peers] = [1, 2].map(() =>
      createHttp({ allowPrivateNetwork: true, userAgent: 'test', nameServers: [address] }),
    ) as [ReturnType<typeof createHttp>, ReturnType<typeof createHttp>];
    const silent = Array.from({ length: 40 }, (_, at) =>
      strangers(`http://a${at}.slow.example:${port}/`).then(
        () => 'answered',
        (error: Error) => error.message,
      ),
    );
    for (const client of [strangers, peers]) {
      const started = performance.now();
      const { bytes } = await client(`http://good.example:${port}/`);
      expect(Buffer.from(bytes).toString()).toBe('here');
      expect(performance.now() - started).toBeLessThan(3_000);
    }
    for (const why of await Promise.all(silent)) expect(why).toMatch(/could not be reached|did not answer/);
    await Promise.all([strangers.close(), peers.close()]);
  }, 20_000);
});
