/** Errors that only recipes have. The public module is `Recipes.ts`. */
import * as Schema from "effect/Schema"
import { isTableauError } from "../../TableauError.js"

/**
 * The folder has no manifest of a backup that can be used: `detail` says why. Nothing was changed.
 *
 * @since 0.1.0
 * @category errors
 */
export class BackupInvalid extends Schema.TaggedError<BackupInvalid>("effect-tableau/BackupInvalid")("BackupInvalid", {
  path: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.detail}`
  }
}

/**
 * A file of a backup is not the file that was downloaded: its size or its content differs from the manifest, or it is
 * missing. This is found before it is published, also if the file changes while it is sent. `backupProject` downloads it
 * again.
 *
 * @since 0.1.0
 * @category errors
 */
export class BackupDamaged extends Schema.TaggedError<BackupDamaged>("effect-tableau/BackupDamaged")("BackupDamaged", {
  path: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.detail} Back the project up again, which downloads this file.`
  }
}

/**
 * The content that is copied changed on the server while it was read, and cannot be read from the beginning with the same
 * size. Nothing was published: copy it again.
 *
 * @since 0.1.0
 * @category errors
 */
export class SourceChanged extends Schema.TaggedError<SourceChanged>("effect-tableau/SourceChanged")("SourceChanged", {
  id: Schema.String,
  name: Schema.String
}) {
  override get message(): string {
    return `"${this.name}" (${this.id}) changed while it was copied. Nothing was published: copy it again.`
  }
}

/**
 * The content was published, and then its tags could not be added. The copy exists, with this id. `error` says why.
 *
 * @since 0.1.0
 * @category errors
 */
export class CopyIncomplete extends Schema.TaggedError<CopyIncomplete>("effect-tableau/CopyIncomplete")(
  "CopyIncomplete",
  {
    /** Of the copy. */
    id: Schema.String,
    name: Schema.String,
    /** The tags that the copy lacks. */
    missingTags: Schema.Array(Schema.String),
    error: Schema.declare(isTableauError)
  }
) {
  override get message(): string {
    return `"${this.name}" was published with the id ${this.id}, without its tags (${this.missingTags.join(", ")}). ${this.error.message}`
  }
}
