import { type LimitNode, SqliteQueryCompiler } from 'kysely'

/**
 * Writes parameters so that SQLite plans a statement once. A bare `?` in a comparison or a limit lets it look at the value
 * and plan anew for each one, which takes longer than most statements run; an expression around it does not.
 */
export class SqliteCompiler extends SqliteQueryCompiler {
  protected override getCurrentParameterPlaceholder(): string {
    return '+?'
  }

  /** A sign is no expression here: a number behind it is looked at too. */
  protected override visitLimit(node: LimitNode): void {
    this.append('limit (select ')
    this.visitNode(node.limit)
    this.append(')')
  }
}
