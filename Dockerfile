FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --system --uid 10001 --create-home --home-dir /home/portal portal
WORKDIR /app

COPY requirements.txt ./
RUN pip install --no-deps --require-hashes -r requirements.txt && python -m compileall -q /usr/local/lib/python3.11

COPY . .
# Static files belong to the image; these values live for this one step and reach no process.
RUN DATABASE_URL=postgres://nobody@127.0.0.1:1/nowhere REDIS_URL=redis://127.0.0.1:1/0 \
    SECRET_KEY=only-while-the-image-is-made ALLOWED_HOSTS=portal.invalid \
    LEDGER_KEY=0000000000000000000000000000000000000000000000000000000000000000 \
    SIGNING_PASSPHRASE=only-while-the-image-is-made \
    python manage.py collectstatic --noinput --verbosity 0 \
    && mkdir -p var/media var/keys var/mail var/sms var/beat && chown -R portal:portal var

USER portal
EXPOSE 8000
CMD ["gunicorn", "portal.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
