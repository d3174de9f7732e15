import { createKernel, KeelsonError, type Resource, resource } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { mongo } from './index.js'
import { mongoose } from './mongoose.js'

test.each([
  ['mongo', mongo],
  ['mongoose', mongoose],
])('%s: dependsOn is not read before a kernel takes the resource in', (_, define) => {
  const db = define('db', {
    get dependsOn(): { vault: Resource<string> } {
      return { vault }
    },
    url: ({ vault }: { vault: string }) => vault,
  })
  const vault = resource('vault', { start: () => 'mongodb://127.0.0.1:1/' })
  expect(createKernel([db]).plan().order).toEqual(['vault', 'db'])
})

test.each([
  ['mongo', mongo],
  ['mongoose', mongoose],
])('%s: what is no object of options is refused, and never printed', (_, define) => {
  for (const options of [undefined, null, 'mongodb://root:s3cret@db']) {
    expect(() => define('db', options as never)).toThrow(/^resource "db": its options must be an object; pass \{ url \}$/)
  }
})

test.each([
  ['mongo', mongo],
  ['mongoose', mongoose],
])('%s: a hook of its own is refused with a sentence that says where to put it', (_, define) => {
  const wrong = () => define('db', { url: 'mongodb://127.0.0.1:1/', check: () => true } as never)
  expect(wrong).toThrow(KeelsonError)
  expect(wrong).toThrow('resource "db": check cannot be given')
})
