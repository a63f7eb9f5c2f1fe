// Downloads in the OpenAPI document of @nestjs/swagger.
export {};
