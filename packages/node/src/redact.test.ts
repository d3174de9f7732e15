import { describe, expect, it } from 'vitest'
import { redact } from './redact.js'

describe('redact()', () => {
  it.each([
    ['connect mongodb://root:hunter2@10.0.0.7:27017/shop failed', 'connect mongodb://***@10.0.0.7:27017/shop failed'],
    ['mongodb+srv://root:p@ss@cluster.example/', 'mongodb+srv://***@cluster.example/'],
    ['redis://:secret@localhost', 'redis://***@localhost'],
    ['https://token@github.com/x', 'https://***@github.com/x'],
    ['GET /x?api_key=abc123&page=2', 'GET /x?api_key=***&page=2'],
    ['{"password":"hunter2","user":"root"}', '{"password":"***","user":"root"}'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer ***'],
    ['http://localhost:3000/readyz', 'http://localhost:3000/readyz'],
    ['file:///app/node_modules/@keelson/node/index.js:3:1', 'file:///app/node_modules/@keelson/node/index.js:3:1'],
    ['mail me@example.com about https://example.com/@me', 'mail me@example.com about https://example.com/@me'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected)
  })
})
