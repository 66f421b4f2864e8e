import { describe, expect, test } from 'vitest';
import { messages } from '../../../src/engine/docker/grpc-messages.ts';
import { jsonLines } from '../../../src/engine/docker/json-lines.ts';
import { Head, outputPieces, Tail } from '../../../src/engine/docker/output.ts';
import { readTarFile, readTarNames } from '../../../src/engine/docker/tar-file.ts';

async function* chunksOf(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += length) yield bytes.subarray(start, start + length);
}

function frame(stream: number, text: string): Buffer {
  const data = Buffer.from(text);
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

function entry(type: string, content: string, linkname = ''): Buffer {
  const header = Buffer.alloc(512);
  header.write('name', 0);
  header.write(Buffer.byteLength(content).toString(8).padStart(11, '0'), 124);
  header.write(type, 156);
  header.write(linkname, 157);
  const padded = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
  padded.write(content);
  return Buffer.concat([header, padded]);
}

describe('lines of JSON', () => {
  const text = '{"a":"ä€😀"}\r\n\n{"b":2}\n{"c":"last"}';

  test.each([1, 2, 3, 5, 1000])(
    'are whole though chunks of %i bytes split characters and lines',
    async (length) => {
      const values = await Array.fromAsync(jsonLines(chunksOf(Buffer.from(text), length)));
      expect(values).toEqual([{ a: 'ä€😀' }, { b: 2 }, { c: 'last' }]);
    },
  );

  test('a line cut short throws', async () => {
    const cut = Buffer.from('{"a":1}\n{"b":');
    await expect(Array.fromAsync(jsonLines(chunksOf(cut, 4)))).rejects.toThrow('not JSON');
  });
});

function message(text: string): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([prefix, Buffer.from(text)]);
}

describe('messages of a gRPC call', () => {
  const long = 'ä'.repeat(300);
  const body = Buffer.concat([message('one'), message(''), message(long), message('last')]);

  test.each([1, 3, 4, 5, 6, 100, 10_000])('come apart whatever the chunks (%i bytes)', async (length) => {
    const texts = (await Array.fromAsync(messages(chunksOf(body, length)))).map(String);
    expect(texts).toEqual(['one', '', long, 'last']);
  });
});

describe('multiplexed output', () => {
  const body = Buffer.concat([frame(1, 'out ä'), frame(2, ''), frame(2, 'err'), frame(1, 'more')]);

  test.each([1, 3, 7, 8, 9, 1000])('comes apart whatever the chunks (%i bytes)', async (length) => {
    const text = { stdout: '', stderr: '' };
    const kept = { stdout: new Head(100), stderr: new Head(100) };
    for await (const { stream, data } of outputPieces(chunksOf(body, length))) kept[stream].add(data);
    text.stdout = kept.stdout.text();
    text.stderr = kept.stderr.text();
    expect(text).toEqual({ stdout: 'out ämore', stderr: 'err' });
  });

  test.each([
    [9, 'ä€😀'],
    [8, '€😀'],
    [4, '😀'],
    [3, ''],
  ])('a tail of %i bytes keeps the end in whole characters', (limit, kept) => {
    for (const count of [1, 2, 3, 1000]) {
      const tail = new Tail(limit);
      for (let added = 0; added < count; added++) tail.add(Buffer.from('ä€😀'));
      expect(tail.text()).toBe(kept);
    }
  });

  test('a head keeps the beginning', () => {
    const head = new Head(5);
    for (const piece of ['abc', 'def', 'ghi']) head.add(Buffer.from(piece));
    expect(head.text()).toBe('abcde');
  });
});

describe('a file in an archive', () => {
  test('is read past extension headers', async () => {
    const body = Buffer.concat([entry('x', '30 mtime=1.5\n'), entry('0', 'content')]);
    const file = await readTarFile(chunksOf(body, 100), 100);
    expect(file).toMatchObject({ kind: 'file', data: Buffer.from('content') });
  });

  test('is not read beyond the limit', async () => {
    expect(await readTarFile(chunksOf(entry('0', 'content'), 100), 6)).toMatchObject({
      kind: 'larger than allowed',
    });
  });

  test('tells links, folders and devices', async () => {
    expect(await readTarFile(chunksOf(entry('2', '', '/to'), 512), 1)).toEqual({
      kind: 'symlink',
      target: '/to',
    });
    expect(await readTarFile(chunksOf(entry('5', ''), 512), 1)).toEqual({ kind: 'a directory' });
    expect(await readTarFile(chunksOf(entry('3', ''), 512), 1)).toEqual({ kind: 'not a regular file' });
  });

  test('that ends too early throws', async () => {
    const body = entry('0', 'content').subarray(0, 515);
    await expect(readTarFile(chunksOf(body, 100), 100)).rejects.toThrow('too early');
  });
});

describe('the names in an archive', () => {
  test('are told as far as the limit goes, long ones too, contents skipped', async () => {
    const long = 'd/'.repeat(80);
    const body = Buffer.concat([
      entry('5', ''),
      entry('x', `170 path=${long}f\n`),
      entry('0', 'c'.repeat(3000)),
      entry('2', '', '/to'),
      Buffer.alloc(1024),
    ]);
    const all = await readTarNames(chunksOf(body, 100), 1e6);
    expect(all.map(({ kind }) => kind)).toEqual(['directory', 'file', 'other']);
    expect(all[1]?.path).toBe(`${long}f`);
    expect(await readTarNames(chunksOf(body, 100), 600)).toHaveLength(1);
  });
});
