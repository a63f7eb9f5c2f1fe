import {
  Body,
  Controller,
  Get,
  type MessageEvent,
  Post,
  Redirect,
  Req,
  Res,
  Sse,
  UseGuards,
} from '@nestjs/common';
import { type Request, type Response } from 'express';
import { map, type Observable } from 'rxjs';

import { activityItem } from '../page/activity-list.js';
import { activityPage } from '../page/activity.page.js';
import { Page } from '../page/page.decorator.js';
import { SameOriginGuard } from '../web/same-origin.guard.js';
import { ActivityService } from './activity.service.js';
import { SENDER, wantsApplication } from './sender.js';

/** What is downloaded, and who sends it. */
@Controller('activity')
@UseGuards(SameOriginGuard)
export class ActivityController {
  constructor(private readonly activity: ActivityService) {}

  @Get()
  @Page()
  page(@Req() request: Request): string {
    return activityPage(this.activity.latest(), wantsApplication(request));
  }

  /** The items of the list that have changed, as they are in the page. */
  @Sse('events')
  events(): Observable<MessageEvent> {
    return this.activity.changes.pipe(
      map((changed) => ({ data: activityItem(changed).text })),
    );
  }

  /** Who is to send what this browser asks for. */
  @Post('sender')
  @Redirect('', 303)
  choose(
    @Body('sender') sender: string,
    @Body('back') back: unknown,
    @Res({ passthrough: true }) response: Response,
  ): { url: string } {
    const chosen = sender === 'application' ? 'application' : 'server';
    response.cookie(SENDER, chosen, { httpOnly: true, sameSite: 'lax' });
    const isOwnPage = typeof back === 'string' && /^\/[\w-]/.test(back);
    return { url: isOwnPage ? back : '/activity' };
  }
}
