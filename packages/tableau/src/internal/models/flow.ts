import * as Schema from "effect/Schema"
import { FlowId } from "../../Ids.js"
import * as References from "../../References.js"
import { Tag } from "../../Tags.js"
import * as Xml from "../../Xml.js"
import * as Fields from "../operation/listQuery.js"

const flow = Xml.struct(
  { id: FlowId },
  {
    name: Schema.String,
    description: Schema.String,
    webpageUrl: Schema.String,
    /** `tfl`, or `tflx`, which includes the files that the flow reads. */
    fileType: Schema.String,
    createdAt: Xml.Timestamp,
    updatedAt: Xml.Timestamp,
    project: References.ProjectReference,
    owner: References.UserReference,
    /** The parameters that a run of the flow accepts. */
    parameters: Xml.list(
      "parameter",
      Xml.struct(
        {},
        {
          id: Schema.String,
          name: Schema.String,
          description: Schema.String,
          type: Schema.String,
          value: Schema.String,
          isRequired: Xml.Flag
        }
      )
    ),
    /** Absent when the server did not send tags; an empty array means that there are none. */
    tags: Xml.list("tag", Tag)
  }
)

/**
 * A flow. Only `id` is always present: the server omits what it does not know.
 *
 * @since 0.1.0
 * @category models
 */
export interface Flow extends Xml.TypeOf<typeof flow> {}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Flow: Xml.Model<Flow, typeof flow> = flow

/** The fields that a list can be filtered by. */
export const filterFields = {
  ...Fields.content<Flow>(),
  projectId: Fields.identifier<Flow>(({ project }) => project?.id)
}
