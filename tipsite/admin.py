"""What the project itself puts into the admin, and takes out of it."""

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tasks_db.models import DBTaskResult

from tipsite.staff.colleagues_admin import ColleaguesAdmin
from tipsite.staff.roles_admin import RolesAdmin
from tipsite.staff.tasks_admin import TasksAdmin

# Their forms would show everybody's secrets to whoever may open them. Each person has "My account" instead.
admin.site.unregister([StaticDevice, TOTPDevice])
admin.site.unregister([User, Group, DBTaskResult])
admin.site.register(User, ColleaguesAdmin)
admin.site.register(Group, RolesAdmin)
admin.site.register(DBTaskResult, TasksAdmin)
