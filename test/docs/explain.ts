import { Injectable } from '@nestjs/common';
import { DownloadExplainer, sendfile } from 'nestjs-downloadview';

@Injectable()
export class WhyService {
  constructor(private readonly explainer: DownloadExplainer) {}

  async why(path: string): Promise<string> {
    const { offloaded, rule, lostHeaders, reason } =
      await this.explainer.explain(sendfile(path));
    return offloaded
      ? `by ${rule}, without ${lostHeaders.join(', ') || 'any loss'}`
      : `by the application: ${reason}`;
  }
}
