import { fileURLToPath } from 'node:url'
import { loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { drainSignal, grpcServer, service } from '@keelson/grpc'
import { createKernel, resource } from '@keelson/kernel'
import { run } from '@keelson/node'
import { OrderBook } from './order-book.js'

const { shop } = loadPackageDefinition(loadSync(fileURLToPath(new URL('orders.proto', import.meta.url)))) as unknown as {
  shop: { Orders: ServiceClientConstructor }
}

const book = resource('book', { start: () => new OrderBook() })

const api = grpcServer('api', {
  dependsOn: { book }, // typed: services receives an OrderBook
  port: Number(process.env.PORT ?? 50051),
  services: ({ book }) => [
    service(shop.Orders.service, {
      Place: (call, callback) => {
        book.place(call.request).then((number) => callback(null, { number }), callback)
      },
      Follow: (call) => {
        const unfollow = book.follow((order) => call.write(order))
        call.on('cancelled', unfollow)
        drainSignal(call).addEventListener('abort', () => call.end()) // a stream that has no end of its own
      },
    }),
  ],
})

await run(createKernel([api], { name: 'orders' }), { probes: { port: Number(process.env.PROBE_PORT ?? 9000) } })
