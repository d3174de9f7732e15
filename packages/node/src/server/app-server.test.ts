import { once } from 'node:events'
import { createServer } from 'node:http'
import { createKernel, type Dependencies, KeelsonError, resource, type StartError } from '@keelson/kernel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask } from '../test-support/ask.js'
import { type AppServerOptions, appServer } from './app-server.js'

/** The app of a framework that was made for this: it is thenable, and being waited for spoils it. */
interface App {
  greeting: string
}

const app = (greeting: string) => ({ greeting, then: () => expect.unreachable('the app was waited for') }) as App

function server<const D extends Dependencies<D>>(options: AppServerOptions<D, App>) {
  return appServer<D, App>(
    'api',
    { host: '127.0.0.1', ...options },
    {
      example: 'app()',
      isApp: (made): made is App => typeof made === 'object' && made !== null && 'greeting' in made,
      listener:
        ({ greeting }) =>
        (_req, res) =>
          res.end(greeting),
      without: { tls: 'this framework has its own' },
    },
  )
}

describe('appServer()', () => {
  it('serves the app that is made from the values of dependsOn', async () => {
    const greeting = resource('greeting', { start: () => 'hello' })
    const api = server({ dependsOn: { greeting }, app: ({ greeting }) => app(greeting) })
    const kernel = await createKernel([api]).start()
    onTestFinished(async () => void (await kernel.shutdown()))
    expect((await ask(kernel.get(api).url)).body).toBe('hello')
  })

  it.each([
    [() => undefined, /app returned undefined; return the app that app\(\) made, without calling listen\(\)/],
    [async () => 'http://localhost', /app returned a string; return the app/],
    [() => [], /app returned an array; return the app/],
  ])('a start whose app is not one fails with a sentence (%#)', async (make, message) => {
    const error = (await createKernel([server({ app: make as never })])
      .start()
      .catch((error) => error)) as StartError
    expect(error.errors).toHaveLength(1)
    expect(error.errors[0]).toBeInstanceOf(KeelsonError)
    expect(error.errors[0]?.message).toMatch(message)
  })

  it.each([
    ['an object', { use: () => {} }],
    ['a function', Object.assign(() => {}, { use: () => {} })],
    ['an app that has plugins', { register: () => {} }],
  ])('refuses an app in the place of the function that makes it: %s', (_, made) => {
    expect(() => server({ app: made as never })).toThrow(
      /"api": app must be a function that makes the app, .*; write app: \(deps\) => app\(\)$/,
    )
  })

  it('closes a server that was returned instead of the app', async () => {
    const own = createServer().listen(0, '127.0.0.1')
    await once(own, 'listening')
    const error = (await createKernel([server({ app: () => own as never })])
      .start()
      .catch((error) => error)) as StartError
    expect(error.errors[0]?.message).toMatch(/app returned a server; return the app/)
    expect(own.listening).toBe(false)
  })

  it.each([
    [{ app: undefined }, /resource "api": app is missing; add app: \(deps\) => app\(\)/],
    [{ app: {} }, /app must be a function, not an object/],
    [
      { prot: 80 },
      /prot is not an option; there are dependsOn, after, port, host, path, .*, http2, probes, serverOptions, .*drain, .*, app$/,
    ],
    [{ listener: () => () => {} }, /listener is not an option; there are/],
    [{ tls: {} }, /tls is not an option: this framework has its own/],
    [{ port: '80' }, /port must be a number/],
  ])('refuses %j when it is defined', (options, message) => {
    const define = () => server({ app: () => app(''), ...options } as never)
    expect(define).toThrow(message)
    expect(define).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', resource: 'api' }))
  })

  it('reads dependsOn when a kernel takes it in', () => {
    let read = 0
    const options: AppServerOptions<Dependencies, App> = {
      get dependsOn() {
        read++
        return {}
      },
      app: () => app(''),
    }
    const api = appServer('api', options, {
      example: 'app()',
      isApp: (made): made is App => made === app,
      listener: () => () => {},
    })
    expect(read).toBe(0)
    createKernel([api])
    expect(read).toBe(1)
  })
})
