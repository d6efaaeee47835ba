/** The database's structure as a numbered list of statements: applied once each, in order, and never edited afterwards. */

/** `$schema` stands for the quoted schema name. */
const migrations: readonly string[] = [
  `CREATE TABLE $schema.facts (
     subject text NOT NULL, seq integer NOT NULL, kind text NOT NULL, actor text NOT NULL, at_ms bigint NOT NULL,
     delivery text, body text NOT NULL, previous_hash text NOT NULL, hash text NOT NULL,
     PRIMARY KEY (subject, seq));
   CREATE UNIQUE INDEX facts_once ON $schema.facts (subject, delivery, kind);
   CREATE TABLE $schema.subjects (
     subject text PRIMARY KEY, length integer NOT NULL, hash text NOT NULL, open boolean NOT NULL, visit bigint NOT NULL);
   CREATE INDEX subjects_to_visit ON $schema.subjects (visit, subject) WHERE open;
   CREATE SEQUENCE $schema.visits;
   CREATE TABLE $schema.evidence (key text PRIMARY KEY, result text NOT NULL);
   CREATE TABLE $schema.transcripts (session text PRIMARY KEY, transcript text NOT NULL);
   CREATE TABLE $schema.settings (name text PRIMARY KEY, value text NOT NULL);
   CREATE TABLE $schema.intents (key text PRIMARY KEY);`,

  // Append-only is the database's promise too, not only ours (O1).
  `CREATE FUNCTION $schema.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
   BEGIN
     RAISE EXCEPTION 'facts are append-only: % was refused', TG_OP;
   END $body$;
   CREATE TRIGGER facts_append_only BEFORE UPDATE OR DELETE ON $schema.facts
     FOR EACH ROW EXECUTE FUNCTION $schema.refuse_change();
   CREATE TRIGGER facts_no_truncate BEFORE TRUNCATE ON $schema.facts
     FOR EACH STATEMENT EXECUTE FUNCTION $schema.refuse_change();`,

  // One round trip an append: lock the subject (an advisory lock, since locking the row would write it twice), leave out what was already recorded, link, hash, write.
  // The hashed text is the canonical JSON of the fact; chain.ts computes the same and verify compares the two.
  `CREATE FUNCTION $schema.append_facts(
     p_subject text, p_at_ms bigint, p_if_length integer,
     p_kinds text[], p_actors text[], p_deliveries text[], p_bodies text[])
   RETURNS TABLE (index integer, seq integer, previous_hash text, hash text) LANGUAGE plpgsql AS $body$
   DECLARE
     head $schema.subjects%ROWTYPE;
     linked text;
   BEGIN
     PERFORM pg_advisory_xact_lock(hashtextextended('$schema' || p_subject, 0));
     SELECT * INTO head FROM $schema.subjects s WHERE s.subject = p_subject;
     IF NOT FOUND THEN
       INSERT INTO $schema.subjects AS s (subject, length, hash, open, visit)
         VALUES (p_subject, 0, encode(sha256(convert_to(p_subject, 'UTF8')), 'hex'), false, 0)
         ON CONFLICT DO NOTHING;
       SELECT * INTO head FROM $schema.subjects s WHERE s.subject = p_subject;
     END IF;
     IF p_if_length IS NOT NULL AND head.length <> p_if_length THEN
       RETURN QUERY SELECT -1, head.length, ''::text, ''::text;
       RETURN;
     END IF;
     FOR i IN 1 .. coalesce(array_length(p_kinds, 1), 0) LOOP
       CONTINUE WHEN p_deliveries[i] IS NOT NULL AND EXISTS (
         SELECT 1 FROM $schema.facts f
         WHERE f.subject = p_subject AND f.delivery = p_deliveries[i] AND f.kind = p_kinds[i]);
       index := i - 1;
       seq := head.length;
       previous_hash := head.hash;
       linked := '{"actor":' || p_actors[i] || ',"atMs":' || p_at_ms || ',"body":' || p_bodies[i]
         || ',"delivery":' || coalesce(to_json(p_deliveries[i])::text, 'null')
         || ',"kind":' || to_json(p_kinds[i])::text || ',"previousHash":"' || previous_hash
         || '","seq":' || seq || ',"subject":' || to_json(p_subject)::text || '}';
       hash := encode(sha256(convert_to(linked, 'UTF8')), 'hex');
       INSERT INTO $schema.facts (subject, seq, kind, actor, at_ms, delivery, body, previous_hash, hash)
         VALUES (p_subject, append_facts.seq, p_kinds[i], p_actors[i], p_at_ms, p_deliveries[i], p_bodies[i],
           append_facts.previous_hash, append_facts.hash);
       head.length := head.length + 1;
       head.hash := hash;
       RETURN NEXT;
     END LOOP;
     UPDATE $schema.subjects s SET length = head.length, hash = head.hash, open = true
       WHERE s.subject = p_subject AND s.length <> head.length;
   END $body$;`,

  // What was spent lately is asked in every round of a task (P11); deliverables make these rows long, so few are read.
  `CREATE INDEX facts_ended_at ON $schema.facts (at_ms) WHERE kind = 'attempt.ended';`,

  // Several appends in one statement, each as above, so that they share one round trip and one commit. The caller orders
  // them by subject: the locks are held until the commit.
  `CREATE FUNCTION $schema.append_together(
     p_subjects text[], p_at_ms bigint[], p_lengths integer[], p_counts integer[],
     p_kinds text[], p_actors text[], p_deliveries text[], p_bodies text[])
   RETURNS TABLE (call integer, index integer, seq integer, previous_hash text, hash text) LANGUAGE plpgsql AS $body$
   DECLARE
     a integer := 1;
     z integer;
   BEGIN
     FOR i IN 1 .. coalesce(array_length(p_subjects, 1), 0) LOOP
       z := a + p_counts[i] - 1;
       RETURN QUERY SELECT i - 1, w.index, w.seq, w.previous_hash, w.hash
         FROM $schema.append_facts(p_subjects[i], p_at_ms[i], p_lengths[i], p_kinds[a:z], p_actors[a:z],
           p_deliveries[a:z], p_bodies[a:z]) w;
       a := z + 1;
     END LOOP;
   END $body$;`,

  // The team's figures read what lately happened in one repository, whatever the subject (O2).
  `CREATE INDEX facts_of_repository ON $schema.facts (
     split_part(split_part(split_part(subject, ':', 2), '#', 1), '@', 1), at_ms);`,
]

/** The part of a database that migrating needs: several statements in one call, and rows. */
export interface MigrationConnection {
  run(statements: string): Promise<void>
  numbers(query: string): Promise<number[]>
}

/**
 * Bring a schema up to date. Must run inside one transaction that holds the migration lock, since several processes may
 * start at once. Throws when the database was written by a newer version of the program.
 */
export async function migrate(connection: MigrationConnection, schemaName: string): Promise<void> {
  const schema = quoteIdentifier(schemaName)
  await connection.run(
    `CREATE SCHEMA IF NOT EXISTS ${schema};
     CREATE TABLE IF NOT EXISTS ${schema}.migrations (number integer PRIMARY KEY);`,
  )
  const done = await connection.numbers(`SELECT number FROM ${schema}.migrations`)
  const newest = Math.max(0, ...done)
  if (newest > migrations.length) {
    throw new Error(
      `the ledger's database is at structure ${newest}, and this version of Countersign knows ${migrations.length}: ` +
        'start the newer version that wrote it, or point DATABASE_URL or the data folder elsewhere',
    )
  }
  for (const [index, statements] of migrations.entries()) {
    if (done.includes(index + 1)) continue
    await connection.run(statements.replaceAll('$schema', () => schema))
    await connection.run(`INSERT INTO ${schema}.migrations VALUES (${index + 1})`)
  }
}

/** A schema name as SQL; only plain names are let through, because it is put into statements. */
export function quoteIdentifier(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,50}$/.test(name))
    throw new Error(`not a plain schema name: ${JSON.stringify(name)}`)
  return `"${name}"`
}
