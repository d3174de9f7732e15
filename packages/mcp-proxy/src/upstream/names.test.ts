import { expect, it } from 'vitest'
import { nameFor, originOfName, originOfUri, uriFor } from './names.js'
import { translated } from './translated.js'

it.each(['echo', 'a__b', '__', '', 'a/b'])('a name is what it was made of: %j', (own) => {
  expect(originOfName(nameFor('my_server-1', own))).toEqual({ server: 'my_server-1', own })
})

it.each(['file:///a/b.txt', 'demo://resource/{id}', 'x', '', 'keelson://inspect', 'https://a/b?c#d'])(
  'a URI is what it was made of: %j',
  (own) => {
    expect(originOfUri(uriFor('my_server-1', own))).toEqual({ server: 'my_server-1', own })
  },
)

it.each(['keelson://inspect', 'file:///a', 'keelson:/a/b'])('%s is of no server', (uri) => {
  expect(originOfUri(uri)).toBeUndefined()
})

it('what a result says of resources can be read through the proxy; all else stays as it is', () => {
  const link = { type: 'resource_link', uri: 'file:///a', name: 'a' }
  const embedded = { type: 'resource', resource: { uri: 'file:///b', text: 'b' } }
  const text = { type: 'text', text: 'file:///c', uri: 'file:///c' }
  expect(translated('one', { content: [link, embedded, text, null], structuredContent: { uri: 'file:///d' } })).toEqual({
    content: [
      { ...link, uri: 'keelson://one/file:///a' },
      { ...embedded, resource: { uri: 'keelson://one/file:///b', text: 'b' } },
      text,
      null,
    ],
    structuredContent: { uri: 'file:///d' },
  })
  expect(translated('one', { messages: [{ role: 'user', content: link }] })).toMatchObject({
    messages: [{ role: 'user', content: { uri: 'keelson://one/file:///a' } }],
  })
  expect(translated('one', { contents: [{ uri: 'a:b', text: '' }] })).toEqual({
    contents: [{ uri: 'keelson://one/a:b', text: '' }],
  })
})
