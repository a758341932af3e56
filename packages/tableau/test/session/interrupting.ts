import { Workbooks } from "effect-tableau"
import { server } from "../../../../test/support/session.js"

export const list = Workbooks.list({ pageSize: 1 })

export const here = server({ idleLimit: "100000 hours" })
