import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { INestApplication } from '@nestjs/common'
import { afterAll, describe } from 'vitest'
import { type NestVersion, nestKit } from '../nest/nest-app.js'
import { answer } from './answer.js'
import { describeHttpAdapter } from './http-adapter.js'
import type { Handle, HttpAdapter } from './scene.js'

/** The HTTP adapter of one version of NestJS, on each of its platforms. */
export async function describeNest(version: NestVersion): Promise<void> {
  const kit = await nestKit(version)
  afterAll(() => kit.remove())
  const { All, Controller, Module, Req, Res } = kit.common
  const { nestServer } = kit.keelson

  /** An app with one controller that gets every request. */
  function moduleOf(path: string, everything: (req: unknown, res: unknown) => unknown): unknown {
    class Everything {
      everything(req: unknown, res: unknown) {
        return everything(req, res)
      }
    }
    const { prototype } = Everything
    for (const [index, parameter] of [Req(), Res()].entries()) parameter(prototype, 'everything', index)
    All(path)(prototype, 'everything', Object.getOwnPropertyDescriptor(prototype, 'everything')!)
    Controller()(Everything)
    class AppModule {}
    Module({ controllers: [Everything] })(AppModule)
    return AppModule
  }

  for (const platform of ['Express', 'Fastify'] as const) {
    const fastify = platform === 'Fastify'
    const everywhere = fastify ? '*' : '{*path}'
    const raw = <T>(it: unknown) => (fastify ? (it as { raw: T }).raw : (it as T))
    const own = {
      options: { logger: false, bodyParser: false },
      ...(fastify && {
        adapter: () => new kit.platformFastify.FastifyAdapter(),
        // Bodies are read by the handles.
        setup: (app: INestApplication) =>
          app
            .getHttpAdapter()
            .getInstance()
            .addContentTypeParser('*', (_req: unknown, _body: unknown, done: (error: null) => void) => done(null)),
      }),
    }

    const adapter: HttpAdapter = {
      server: (name, options: object) => {
        const descriptors = { ...Object.getOwnPropertyDescriptors(own), ...Object.getOwnPropertyDescriptors(options) }
        return nestServer(name, Object.defineProperties({}, descriptors) as never)
      },
      entry: 'module',
      make: (handle: Handle) =>
        moduleOf(everywhere, async (req, res) => answer(raw<ServerResponse>(res), await handle(raw<IncomingMessage>(req)))),
      events: (source: Readable) =>
        moduleOf(everywhere, (_req, res) => {
          source.pipe(raw<ServerResponse>(res).setHeader('content-type', 'text/event-stream'))
        }),
    }
    // What is looked at after each test is that of one of them.
    describe(`NestJS ${version}`, () => describeHttpAdapter(platform, adapter))
  }
}
