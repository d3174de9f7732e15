import { createKernel, task } from '@keelson/kernel'
import { run } from '@keelson/node'
import { orders } from './orders.js'

const totals = task('totals', {
  dependsOn: { orders },
  run: async ({ orders }, { stopping, track }) => {
    const totals = new Map<string, number>()
    for await (const { customer, price } of orders.all()) {
      // Code 1 has the platform run it again; throwing stopping.reason, or nothing, would be 0: all is well.
      if (stopping.aborted) throw new Error('told to end before all orders were read')
      totals.set(customer, (totals.get(customer) ?? 0) + price)
    }
    await track('totals', () => orders.saveTotals(totals)) // and once it saves, it is waited for
  },
})

await run(createKernel([totals], { name: 'totals' })) // 0 when it is done, 1 when it has failed or was not done
