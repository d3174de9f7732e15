import { type Document, type MongoBulkWriteError, type MongoClient, ObjectId } from 'mongodb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MongoStandIn, startMongoStandIn } from '../index.js'
import { drivers } from '../test-support/drivers.js'

interface Item extends Document {
  _id: number | string | ObjectId
}

describe.each(drivers)('documents, through %s', (_name, Client) => {
  let standIn: MongoStandIn
  let client: MongoClient
  const items = () => client.db('shop').collection<Item>('items')

  beforeEach(async () => {
    standIn = await startMongoStandIn()
    client = new Client(standIn.url)
  })

  afterEach(async () => {
    await client.close()
    await standIn.close()
  })

  it('inserts and finds with filter, sort, skip, limit and projection', async () => {
    await items().insertMany([1, 2, 3, 4, 5].map((n) => ({ _id: n, n, even: n % 2 === 0, deep: { a: n, b: 0 } })))
    expect(
      await items()
        .find({ n: { $gt: 1 } })
        .sort({ n: -1 })
        .skip(1)
        .limit(2)
        .project({ _id: 0, 'deep.a': 1 })
        .toArray(),
    ).toEqual([{ deep: { a: 4 } }, { deep: { a: 3 } }])
    expect(await items().findOne({ _id: 3 })).toMatchObject({ n: 3 })
    expect(await items().findOne({ n: 9 })).toBeNull()
    expect(await items().countDocuments({ even: true })).toBe(2)
    expect(await items().estimatedDocumentCount()).toBe(5)
    expect(await items().distinct('even')).toEqual([false, true])
  })

  it('keeps BSON types and finds by ObjectId', async () => {
    const at = new Date(5)
    const { insertedId } = await client
      .db('shop')
      .collection('typed')
      .insertOne({ at, bytes: Buffer.from('ab'), re: /x/i, none: null })
    const found = await client.db('shop').collection('typed').findOne({ _id: insertedId })
    expect(found).toMatchObject({ at, none: null, re: /x/i })
    expect(found?._id).toBeInstanceOf(Client === drivers[0]?.[1] ? ObjectId : Object)
    expect(Buffer.from(found?.bytes.buffer).toString()).toBe('ab')
  })

  it('answers a second document with the same _id with error 11000 and keeps the first', async () => {
    await items().insertOne({ _id: 1, first: true })
    await expect(items().insertOne({ _id: 1 })).rejects.toMatchObject({ code: 11000, keyValue: { _id: 1 } })
    expect(standIn.documents('shop', 'items')).toEqual([{ _id: 1, first: true }])
  })

  it('ends an ordered batch at its first error and goes on with an unordered one', async () => {
    const batch = [{ _id: 1 }, { _id: 1 }, { _id: 2 }]
    const ordered: MongoBulkWriteError = await items()
      .insertMany(batch)
      .catch((error) => error)
    expect(ordered).toMatchObject({ code: 11000, insertedCount: 1 })
    standIn.clear()
    const unordered: MongoBulkWriteError = await items()
      .insertMany(batch, { ordered: false })
      .catch((error) => error)
    expect(unordered).toMatchObject({ code: 11000, insertedCount: 2 })
    expect(unordered.writeErrors).toMatchObject([{ index: 1, code: 11000 }])
  })

  it('updates one, many, by pipeline, in arrays and by replacement', async () => {
    standIn.seed('shop', 'items', [
      {
        _id: 1,
        n: 1,
        tags: [
          { k: 'a', v: 1 },
          { k: 'b', v: 1 },
        ],
      },
      { _id: 2, n: 1 },
    ])
    expect(await items().updateOne({ n: 1 }, { $inc: { n: 1 } })).toMatchObject({ matchedCount: 1, modifiedCount: 1 })
    expect(await items().updateMany({}, { $set: { seen: true } })).toMatchObject({ matchedCount: 2, modifiedCount: 2 })
    expect(await items().updateMany({}, { $set: { seen: true } })).toMatchObject({ matchedCount: 2, modifiedCount: 0 })
    await items().updateOne({ _id: 1, 'tags.k': 'b' }, { $set: { 'tags.$.v': 2 } })
    await items().updateOne({ _id: 1 }, { $set: { 'tags.$[t].v': 3 } }, { arrayFilters: [{ 't.k': 'a' }] })
    await items().updateOne({ _id: 2 }, [{ $set: { sum: { $add: ['$n', 10] } } }])
    expect(standIn.documents('shop', 'items')).toEqual([
      {
        _id: 1,
        n: 2,
        tags: [
          { k: 'a', v: 3 },
          { k: 'b', v: 2 },
        ],
        seen: true,
      },
      { _id: 2, n: 1, seen: true, sum: 11 },
    ])
    await items().replaceOne({ _id: 2 }, { only: 'this' })
    expect(await items().findOne({ _id: 2 })).toEqual({ _id: 2, only: 'this' })
  })

  it('upserts from the equalities of the filter, $setOnInsert and $set', async () => {
    const upsert = () =>
      items().updateOne({ _id: 'k', 'a.b': 1, n: { $gt: 5 } }, { $setOnInsert: { born: true }, $inc: { n: 1 } }, { upsert: true })
    expect(await upsert()).toMatchObject({ matchedCount: 0, upsertedCount: 1, upsertedId: 'k' })
    expect(await items().findOne({})).toEqual({ _id: 'k', a: { b: 1 }, born: true, n: 1 })
    await items().updateOne({ _id: 'k' }, { $setOnInsert: { born: false }, $set: { n: 9 } }, { upsert: true })
    expect(await upsert()).toMatchObject({ matchedCount: 1, upsertedCount: 0 })
    expect(await items().findOne({})).toEqual({ _id: 'k', a: { b: 1 }, born: true, n: 10 })
    const { upsertedId } = await items().replaceOne({ x: 1 }, { y: 1 }, { upsert: true })
    expect(standIn.documents('shop', 'items')[1]).toMatchObject({ y: 1 })
    expect(String(upsertedId)).toMatch(/^[0-9a-f]{24}$/)
  })

  it('refuses to change an _id and leaves the document as it was', async () => {
    standIn.seed('shop', 'items', [{ _id: 1, n: 1 }])
    await expect(items().updateOne({}, { $set: { n: 2, _id: 2 } })).rejects.toMatchObject({ code: 66 })
    await expect(items().updateOne({}, { $set: { n: 2 }, $inc: { 'n.x': 'one' } } as never)).rejects.toMatchObject({ code: 2 })
    expect(standIn.documents('shop', 'items')).toEqual([{ _id: 1, n: 1 }])
  })

  it('finds and modifies: before, after, upsert, delete', async () => {
    standIn.seed('shop', 'items', [
      { _id: 1, n: 1 },
      { _id: 2, n: 2 },
    ])
    expect(await items().findOneAndUpdate({}, { $inc: { n: 5 } }, { sort: { n: -1 } })).toEqual({ _id: 2, n: 2 })
    expect(
      await items().findOneAndUpdate({ _id: 2 }, { $inc: { n: 1 } }, { returnDocument: 'after', projection: { n: 1, _id: 0 } }),
    ).toEqual({ n: 8 })
    expect(await items().findOneAndReplace({ _id: 3 }, { n: 3 }, { upsert: true, returnDocument: 'after' })).toEqual({
      _id: 3,
      n: 3,
    })
    expect(await items().findOneAndDelete({ _id: 3 })).toEqual({ _id: 3, n: 3 })
    expect(await items().findOneAndDelete({ _id: 3 })).toBeNull()
  })

  it('deletes one and many', async () => {
    standIn.seed(
      'shop',
      'items',
      [1, 2, 3].map((n) => ({ _id: n })),
    )
    expect(await items().deleteOne({})).toMatchObject({ deletedCount: 1 })
    expect(await items().deleteMany({})).toMatchObject({ deletedCount: 2 })
  })

  it('aggregates, joins and never changes what is stored', async () => {
    standIn.seed('shop', 'items', [
      { _id: 1, of: 1, deep: { a: 1 } },
      { _id: 2, of: 1, deep: { a: 2 } },
    ])
    standIn.seed('shop', 'owners', [{ _id: 1, name: 'Ada' }])
    const lookup = { $lookup: { from: 'owners', localField: 'of', foreignField: '_id', as: 'owner' } }
    const rows = await items()
      .aggregate([{ $sort: { _id: 1 } }, { $addFields: { 'deep.b': '$_id' } }, lookup])
      .toArray()
    expect(rows[1]).toEqual({ _id: 2, of: 1, deep: { a: 2, b: 2 }, owner: [{ _id: 1, name: 'Ada' }] })
    expect(
      await items()
        .aggregate([{ $group: { _id: '$of', sum: { $sum: '$deep.a' } } }])
        .toArray(),
    ).toEqual([{ _id: 1, sum: 3 }])
    const renaming = [lookup, { $unwind: '$owner' }, { $addFields: { 'owner.name': 'Bob' } }]
    expect((await items().aggregate(renaming).toArray())[0]?.owner).toEqual({ _id: 1, name: 'Bob' })
    expect(standIn.documents('shop', 'items')[0]).toEqual({ _id: 1, of: 1, deep: { a: 1 } })
    expect(standIn.documents('shop', 'owners')).toEqual([{ _id: 1, name: 'Ada' }])
  })

  it('enforces unique indexes on insert, update and creation', async () => {
    await items().createIndex({ email: 1 }, { unique: true, sparse: true })
    await items().insertMany([{ _id: 1, email: 'a' }, { _id: 2, email: 'b' }, { _id: 3 }, { _id: 4 }])
    await expect(items().insertOne({ _id: 5, email: 'a' })).rejects.toMatchObject({ code: 11000, keyPattern: { email: 1 } })
    await expect(items().updateOne({ _id: 2 }, { $set: { email: 'a' } })).rejects.toMatchObject({ code: 11000 })
    await items().updateOne({ _id: 1 }, { $set: { email: 'c' } })
    await items().updateOne({ _id: 2 }, { $set: { email: 'a' } })
    expect((await items().indexes()).map((index) => index.name)).toEqual(['_id_', 'email_1'])
    await items().dropIndex('email_1')
    await items().insertOne({ _id: 5, email: 'a' })
    await expect(items().createIndex({ email: 1 }, { unique: true })).rejects.toMatchObject({ code: 11000 })
  })

  it('lists, creates and drops collections and databases', async () => {
    const db = client.db('shop')
    await db.createCollection('a')
    await expect(db.createCollection('a')).rejects.toMatchObject({ code: 48 })
    standIn.seed('other', 'b.c', [{ _id: 1 }])
    expect((await db.listCollections().toArray()).map(({ name }) => name)).toEqual(['a'])
    expect((await db.admin().listDatabases()).databases.map(({ name }) => name)).toEqual(['shop', 'other'])
    expect(await db.dropCollection('a')).toBe(true)
    await client.db('other').dropDatabase()
    expect(standIn.documents('other', 'b.c')).toEqual([])
  })

  it('answers what it cannot do with an error code and goes on', async () => {
    const db = client.db('shop')
    await expect(db.command({ fly: 1 })).rejects.toMatchObject({ code: 59, codeName: 'CommandNotFound' })
    await expect(db.command({ find: 7 })).rejects.toMatchObject({ code: 14 })
    await expect(
      items()
        .find({ n: { $like: 1 } } as never)
        .toArray(),
    ).rejects.toMatchObject({ code: 2 })
    await expect(items().find({ $where: 'true' }).toArray()).rejects.toMatchObject({ code: 2 })
    await expect(items().watch().next()).rejects.toMatchObject({ code: 40573 })
    const session = client.startSession()
    session.startTransaction()
    await expect(items().findOne({}, { session })).rejects.toMatchObject({ code: 20 })
    await session.endSession()
    expect(await db.command({ ping: 1 })).toEqual({ ok: 1 })
  })

  it('takes unacknowledged writes', async () => {
    await items().insertOne({ _id: 1 }, { writeConcern: { w: 0 } })
    await expect.poll(() => standIn.documents('shop', 'items')).toEqual([{ _id: 1 }])
  })

  it('refuses every login with error 18', async () => {
    const other = new Client(standIn.url.replace('//', '//user:secret@'))
    await expect(other.db('shop').command({ ping: 1 })).rejects.toMatchObject({ code: 18, codeName: 'AuthenticationFailed' })
    await other.close()
  })
})
