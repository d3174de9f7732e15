import { createKernel, type Resource, resource, type StartError } from '@keelson/kernel'
import { expect, it } from 'vitest'

export const startErrorOf = async (resource: Resource<unknown>) => {
  const error = await createKernel([resource])
    .start()
    .then(
      () => undefined,
      (error: StartError) => error,
    )
  return error?.errors[0]
}

/** What is so of the options, whatever the driver and its major. */
export function optionsSuite(define: (options: object) => Resource<unknown>): void {
  it('reads dependsOn only when a kernel takes it in', async () => {
    const vault = resource('vault', { start: () => 'redis://127.0.0.1:1' })
    const cache = define({
      get dependsOn() {
        return { vault }
      },
      url: ({ vault }: { vault: string }) => vault,
    })
    expect(createKernel([cache]).plan().order).toEqual(['vault', 'cache'])
  })

  it('refuses what cannot be options, and never prints it', async () => {
    for (const options of [undefined, null, 'redis://:s3cret@db']) {
      expect(() => define(options as never)).toThrow(/^resource "cache": its options must be an object; pass \{ url \}$/)
    }
    expect(() => define({ url: 'redis://h', check: () => true })).toThrow('resource "cache": check cannot be given')
    expect(() => define({ url: 'redis://h', maxQueued: -1 })).toThrow('maxQueued must be a number, 0 or more')
  })

  it('fails the start, not the definition, without a URL', async () => {
    for (const options of [
      { url: undefined },
      { url: '' },
      {},
      { url: undefined, options: {} },
      { url: async () => undefined },
    ]) {
      const error = await startErrorOf(define(options))
      expect(error).toMatchObject({
        cause: { code: 'INVALID_OPTION', message: expect.stringMatching(/url is (missing|empty); pass one such as/) },
      })
    }
    expect(await startErrorOf(define({ client: () => ({}) }))).toMatchObject({ cause: { code: 'INVALID_OPTION' } })
  })

  it('says why there is no server, in one line, without the password', async () => {
    const error = await startErrorOf(define({ url: 'redis://:s3cret-word@127.0.0.1:1', retry: { attempts: 2, delay: 1 } }))
    expect(error?.message).toMatch(/^resource "cache" failed to start after 2 tries: .*connect ECONNREFUSED 127\.0\.0\.1:1/)
    expect(JSON.stringify([error?.message, String(error?.cause), error?.stack])).not.toContain('s3cret')
  })
}
