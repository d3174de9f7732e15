import { createConnection, Schema } from 'mongoose'
import { expect, it } from 'vitest'
import { startMongoStandIn } from './index.js'

it('serves Mongoose: models, indexes, validation, upserts, populate', async () => {
  await using standIn = await startMongoStandIn()
  const connection = await createConnection(standIn.url, { dbName: 'shop' }).asPromise()
  const Owner = connection.model('Owner', new Schema({ email: { type: String, unique: true } }, { timestamps: true }))
  const Item = connection.model(
    'Item',
    new Schema({ name: String, stock: Number, owner: { type: Schema.Types.ObjectId, ref: 'Owner' } }),
  )
  await Owner.init()

  const owner = await Owner.create({ email: 'ada@example.org' })
  await expect(Owner.create({ email: 'ada@example.org' })).rejects.toMatchObject({ code: 11000 })
  await Item.create({ name: 'anvil', stock: 2, owner: owner._id })
  await Item.updateOne({ name: 'anvil' }, { $inc: { stock: -1 } })
  const found = await Item.findOne({ name: 'anvil' }).populate<{ owner: { email: string } }>('owner').lean()
  expect(found).toMatchObject({ stock: 1, owner: { email: 'ada@example.org' } })

  const upserted = await Owner.findOneAndUpdate({ email: 'b@example.org' }, {}, { upsert: true, returnDocument: 'after' })
  expect(upserted).toMatchObject({ email: 'b@example.org', createdAt: expect.any(Date) })
  expect(await Owner.countDocuments()).toBe(2)
  await connection.close()
})
