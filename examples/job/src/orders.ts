import { appendFile, open } from 'node:fs/promises'
import { resource } from '@keelson/kernel'

interface Order {
  readonly customer: string
  readonly price: number
}

/** Orders, one JSON object a line, and a file beside them for what becomes of them. */
export const orders = resource('orders', {
  start: async () => {
    const path = process.env.ORDERS ?? 'orders.jsonl'
    const file = await open(path)
    return {
      file,
      async *all(): AsyncGenerator<Order> {
        for await (const line of file.readLines({ autoClose: false })) yield JSON.parse(line) as Order
      },
      saveTotals: (totals: ReadonlyMap<string, number>) =>
        appendFile(`${path}.totals`, [...totals].map(([customer, total]) => `${customer} ${total}\n`).join('')),
    }
  },
  stop: ({ file }) => file.close(),
})
