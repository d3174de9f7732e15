import { expect, it } from 'vitest'
import { parseDependency, withProxy } from './dependency.js'

const proxy = { host: '127.0.0.1', port: 9999 }

it.each([
  // The variable is set: host and port of it are replaced.
  ['DB=db.local:5432', { DB: 'postgres://shop:pw@db.local:5432/shop' }, { DB: 'postgres://shop:pw@127.0.0.1:9999/shop' }],
  ['DB=db.local:5432', { DB: 'postgres://shop:p@w@db/shop?a=b' }, { DB: 'postgres://shop:p@w@127.0.0.1:9999/shop?a=b' }],
  ['DB=db.local:5432', { DB: 'db.local:5432' }, { DB: '127.0.0.1:9999' }],
  ['DB=[::1]:5432', { DB: 'redis://[::1]:5432' }, { DB: 'redis://127.0.0.1:9999' }],
  ['PORT_OF_DB=db.local:5432', { PORT_OF_DB: '5432' }, { PORT_OF_DB: '9999' }],
  // It is the name of a thing: whatever has the address in it gets the other one.
  ['db=db.local:5432', { A: 'x://db.local:5432', B: 'y' }, { A: 'x://127.0.0.1:9999', B: 'y' }],
  ['DB=db.local:5432', {}, { DB: '127.0.0.1:9999' }],
  ['PGHOST,PGPORT=db.local:5432', { PGHOST: 'db.local' }, { PGHOST: '127.0.0.1', PGPORT: '9999' }],
])('F4 %s in %j', (text, env, expected) => {
  expect(withProxy(env, parseDependency(text), proxy)).toEqual(expected)
})

it.each(['db', 'DB=', 'DB=host', 'DB=host:port', 'A,B,C=host:1', '=host:1'])('F4 %s names no dependency', (text) => {
  expect(() => parseDependency(text)).toThrow(`--dependency ${text}`)
})
