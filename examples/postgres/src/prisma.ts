import { resource } from '@keelson/kernel'
import { PrismaPg } from '@prisma/adapter-pg'
import { db, schema } from './database.js'
import { PrismaClient } from './generated/client.js'

/** The driver adapter is handed the pool, so that Prisma has no connections of its own; `$disconnect()` leaves it to `db`. */
export const prismaOrders = resource('prisma-orders', {
  dependsOn: { db, schema },
  start: ({ db: pool }) => {
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
    return {
      prisma,
      add: async (total: number) => (await prisma.order.create({ data: { total } })).id,
      total: async () => (await prisma.order.aggregate({ _sum: { total: true } }))._sum.total ?? 0,
    }
  },
  stop: ({ prisma }) => prisma.$disconnect(),
})
