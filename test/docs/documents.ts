// documents.ts
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  UseGuards,
} from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import {
  type DownloadRequest,
  ObjectDownloadController,
} from 'nestjs-downloadview';
import { Column, Entity, PrimaryGeneratedColumn, Repository } from 'typeorm';

@Entity()
export class Document {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', unique: true })
  slug!: string;

  @Column({ type: 'varchar' })
  file!: string; // a key of the storage

  @Column({ type: 'varchar' })
  title!: string;

  @Column({ type: 'integer' })
  ownerId!: number;
}

type UserRequest = DownloadRequest & { user?: { id: number } };

/** In place of your own login. */
class LoginGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    return Boolean(context.switchToHttp().getRequest<UserRequest>().user);
  }
}

@Controller('documents/:slug')
@UseGuards(LoginGuard)
export class DocumentController extends ObjectDownloadController<Document> {
  basenameField = 'title'; // the client saves it under its title

  constructor(
    @InjectRepository(Document) readonly repository: Repository<Document>,
  ) {
    super();
  }

  // For everybody but its owner, there is no such document.
  async getWhere(request: UserRequest) {
    return { ...(await super.getWhere(request)), ownerId: request.user?.id };
  }
}
