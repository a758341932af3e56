import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as DateTime from "effect/DateTime"
import * as FastCheck from "effect/FastCheck"
import * as JSONSchema from "effect/JSONSchema"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { Workbooks, Xml } from "effect-tableau"
import { exported } from "../../../../test/support/operations.js"

interface AnyModel extends Schema.Schema.AnyNoContext {
  readonly json: Schema.Schema.AnyNoContext
}

const isModel = (value: unknown): value is AnyModel =>
  Schema.isSchema(value) && "json" in value && Schema.isSchema(value.json)

/** Every model that the package exports, by module and name. */
const models = exported.flatMap(({ name, value }) => (isModel(value) ? [[name, value] as const] : []))

const throughJson = <A, I>(json: Schema.Schema<A, I>, value: A): A => {
  const text = JSON.stringify(Schema.encodeSync(json)(value))
  return Schema.decodeUnknownSync(json)(JSON.parse(text))
}

it("every exported struct of the modules is a model with a JSON form", () => {
  const structs = exported.filter(({ value }) => Schema.isSchema(value) && AST.isTypeLiteral(value.ast))
  expect(models.map(([name]) => name)).toEqual(structs.map(({ name }) => name))
  expect(models.length).toBeGreaterThan(30)
})

it("Json of a model has plain types", () => {
  type Json = Xml.Json<Workbooks.Workbook>
  expectTypeOf<Json["id"]>().toEqualTypeOf<string>()
  expectTypeOf<Json["createdAt"]>().toEqualTypeOf<string | undefined>()
  expectTypeOf<Json["size"]>().toEqualTypeOf<number | undefined>()
  expectTypeOf<Json["showTabs"]>().toEqualTypeOf<boolean | undefined>()
  expectTypeOf<NonNullable<Json["owner"]>["id"]>().toEqualTypeOf<string | undefined>()
  expectTypeOf<NonNullable<Json["tags"]>>().toEqualTypeOf<ReadonlyArray<{ readonly label: string }>>()
  expectTypeOf<{}>().toExtend<Omit<Json, "id">>()
  expectTypeOf<Schema.Schema.Encoded<typeof Workbooks.Workbook.json>>().toEqualTypeOf<Json>()
})

describe.each(models)("the JSON form of %s", (_name, model) => {
  it("any value that is encoded, written, parsed and decoded is the same value", () => {
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(Schema.typeSchema(model)), (value: unknown) => {
        expect(throughJson(model.json, value)).toEqual(value)
      })
    )
  })

  it("a JSON Schema can be derived from a model", () => {
    expect(JSONSchema.make(model.json)).toMatchObject({ type: "object" })
  })
})

describe("jsonForm", () => {
  const part = Xml.struct({ id: Schema.String, at: Xml.Timestamp }, { size: Xml.Integer, on: Xml.Flag })
  const whole = Xml.struct(
    { count: Xml.Count, parts: Xml.list("part", part) },
    {
      text: Xml.ElementText,
      others: Xml.listIn("moreParts", "part", part),
      notes: Xml.repeated(part),
      flags: Xml.list("flag", Xml.Flag),
      times: Xml.repeated(Xml.Timestamp),
      kind: Schema.Literal("a", "b"),
      ratio: Schema.NumberFromString,
      born: Schema.DateFromString,
      big: Schema.BigInt
    }
  )
  const at = DateTime.unsafeMake("2024-06-01T10:00:00.500Z")
  const value: Schema.Schema.Type<typeof whole> = {
    count: 2,
    parts: [{ id: "1", at, size: 3, on: false }],
    text: "x",
    others: [{ id: "2", at }],
    notes: [],
    flags: [true, undefined, false],
    times: [at, undefined],
    kind: "b",
    ratio: 0.5,
    born: new Date("2000-01-01T00:00:00Z"),
    big: 2n ** 80n
  }

  it("a value of every kind is encoded to plain JSON", () => {
    expect(Schema.encodeSync(whole.json)(value)).toEqual({
      count: 2,
      parts: [{ id: "1", at: "2024-06-01T10:00:00.500Z", size: 3, on: false }],
      text: "x",
      others: [{ id: "2", at: "2024-06-01T10:00:00.500Z" }],
      notes: [],
      flags: [true, null, false],
      times: ["2024-06-01T10:00:00.500Z", null],
      kind: "b",
      ratio: 0.5,
      born: "2000-01-01T00:00:00.000Z",
      big: "1208925819614629174706176"
    })
    expect(throughJson(whole.json, value)).toEqual(value)
  })

  it("an absent property stays absent when its value is encoded", () => {
    const text = JSON.stringify(Schema.encodeSync(whole.json)({ count: 0, parts: [], kind: undefined }))
    expect(text).toBe('{"count":0,"parts":[]}')
  })

  it("a value of another type fails to decode", () => {
    const decode = Schema.decodeUnknownEither(whole.json)
    for (const wrong of [{ count: "2" }, { kind: "c" }, { flags: [1] }, { times: ["yesterday"] }, { ratio: null }]) {
      expect(decode({ count: 1, parts: [], ...wrong })).toMatchObject({ _tag: "Left" })
    }
  })

  it("the JSON form is derived once when it is read twice", () => {
    expect(Workbooks.Workbook.json).toBe(Workbooks.Workbook.json)
  })
})
