/** File tools: the only way in which a session touches files, confined to its worktree (S13, T26). */

export interface FoundLine {
  path: string
  line: number
  text: string
}

/**
 * All paths are relative to `directory`, with forward slashes. Every method rejects with ToolRefusal, with a sentence for
 * the model, when a path leaves the directory, passes through a symlink or `.git`, is no regular text file, or is over a
 * bound. Symlinks are never followed, wherever they point.
 */
export interface FileTools {
  /** The text of a file, at most 1 MB of UTF-8. */
  read(directory: string, path: string): Promise<string>
  /** Replace or create a file, making its folders. At most 1 MB. The mode of an existing file is kept. */
  write(directory: string, path: string, text: string): Promise<void>
  /** The bytes of a file, at most 1 MB, whatever they are. */
  readBytes(directory: string, path: string): Promise<Uint8Array>
  /** Replace the bytes of a file that exists. Nothing is created, and the mode is kept. At most 1 MB. */
  replaceBytes(directory: string, path: string, bytes: Uint8Array): Promise<void>
  remove(directory: string, path: string): Promise<void>
  /** Regular files whose path matches a glob, sorted, at most `most`. */
  list(directory: string, glob: string, most: number): Promise<string[]>
  /** Lines that contain a text, at most `most`. */
  search(directory: string, text: string, glob: string, most: number): Promise<FoundLine[]>
}
