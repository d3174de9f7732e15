import { expect, it } from 'vitest'
import { ResponseReader } from './response.js'

/** Reads an answer in pieces of every size; each time the same has to come of it. */
function read(text: string): { status: number; done: boolean; close: boolean } {
  const results = [1, 2, 7, text.length].map((size) => {
    const reader = new ResponseReader()
    for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size))
    return { status: reader.status, done: reader.done, close: reader.close }
  })
  for (const result of results) expect(result).toEqual(results[0])
  return results[0]!
}

it('F2 reads an answer to its end, however it comes', () => {
  const body = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel'
  const chunks = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\na\r\n0123456789\r\n0\r\n'
  expect(read(body)).toMatchObject({ status: 200, done: false })
  expect(read(`${body}lo`)).toEqual({ status: 200, done: true, close: false })
  expect(read(chunks)).toMatchObject({ done: false })
  expect(read(`${chunks}\r\n`)).toMatchObject({ done: true })
  expect(read(`${chunks}Expires: never\r\n\r\n`)).toMatchObject({ done: true })
  expect(read('HTTP/1.1 204 No Content\r\nConnection: Close\r\n\r\n')).toEqual({ status: 204, done: true, close: true })
  expect(read('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n')).toMatchObject({
    status: 201,
    done: true,
  })
  expect(read('HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n')).toMatchObject({ done: true, close: true })
})

it('F2 an answer without a length ends with its connection', () => {
  const reader = new ResponseReader()
  reader.push('HTTP/1.1 200 OK\r\n\r\nhello')
  expect([reader.done, reader.close]).toEqual([false, true])
  expect(reader.end()).toBe(true)
})

it('F2 what is no HTTP is no answer', () => {
  expect(() => new ResponseReader().push('SSH-2.0-OpenSSH\r\n\r\n')).toThrow('no HTTP/1')
  expect(() => new ResponseReader().push('x'.repeat(70_000))).toThrow('64 KiB')
})
