"""What the project itself puts into the admin, and takes out of it."""

from django.contrib import admin
from django.contrib.auth.models import User
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from tipsite.staff.colleagues_admin import ColleaguesAdmin

# Their forms would show everybody's secrets to whoever may open them. Each person has "My account" instead.
admin.site.unregister([StaticDevice, TOTPDevice])
admin.site.unregister(User)
admin.site.register(User, ColleaguesAdmin)
