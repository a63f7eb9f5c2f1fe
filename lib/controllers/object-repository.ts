/**
 * Where rows come from. A Repository of TypeORM fits, and so does anything else with this method.
 *
 * @publicApi
 */
export interface ObjectRepository<T> {
  findOne(options: { where: object }): Promise<T | null>;
}
