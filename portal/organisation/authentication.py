from rest_framework.authentication import TokenAuthentication


class StaffTokenAuthentication(TokenAuthentication):
    keyword = "Token"
